export default function Trials(_: { name: string }) {
  return null;
}
