export default function PipelineGraph(_: { name: string }) {
  return null;
}
