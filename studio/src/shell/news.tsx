/** What happened while one looked elsewhere: long work that ended, what failed. */
export function News() {
  return null;
}
