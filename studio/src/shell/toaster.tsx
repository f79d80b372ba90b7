import { Toaster } from "@fluentui/react-components";
import { TOASTER } from "@/shell/told";

export default function Corner() {
  return <Toaster toasterId={TOASTER} position="bottom-end" />;
}
