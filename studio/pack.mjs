// Lays a compressed copy beside every built file that is worth it: the server sends what lies there.
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const FOLDER = process.env.STUDIO_OUT ?? "../src/lazuli/server/built";
const WORTH_IT = /\.(js|css|html|svg|json|ttf|map)$/;

for (const entry of await readdir(FOLDER, { recursive: true })) {
  const path = join(FOLDER, entry);
  if (!WORTH_IT.test(path) || (await stat(path)).size < 1024) continue;
  const text = await readFile(path);
  const packed = gzipSync(text, { level: 9 });
  if (packed.length < text.length * 0.9) await writeFile(`${path}.gz`, packed);
}
