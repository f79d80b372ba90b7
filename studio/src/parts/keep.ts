/** Let the browser keep a file that the page has made. */
export function keep(name: string, content: string | string[] | Blob, type = "text/plain;charset=utf-8"): void {
  const blob = content instanceof Blob ? content : new Blob([content].flat(), { type });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
