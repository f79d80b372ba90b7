/** What an address in a job's document names, as a link to its page. */
import { Text } from "@fluentui/react-components";
import { useWorkspace } from "@/api/workspace";
import { PageLink } from "@/parts/said";

interface Named {
  text: string;
  /** Parts of the page's address in the workspace; none where there is no page. */
  page?: string[];
  query?: string;
}

const PAGES: Record<string, string> = {
  data: "data",
  models: "models",
  environments: "environments",
  components: "components",
  jobs: "jobs",
  computes: "compute",
  datastores: "datastores",
};
const RESOURCE = /\/workspaces\/[^/]+\/(\w+)\/([^/]+)(?:\/versions\/([^/]+))?$/i;
const STORE = /^azureml:\/\/(?:.*\/)?datastores\/([^/]+)\/paths\/(.*)$/;
const OUTPUT = /^azureml:\/\/jobs\/([^/]+)\/outputs\/([^/]+)/;

/** What an id, a short reference or an azureml:// address names. `kind` is what a short reference is one of. */
export function namedBy(address: string, kind = "data"): Named {
  const resource = RESOURCE.exec(address);
  if (resource) {
    const [, collection = "", name = "", version = ""] = resource;
    const page = PAGES[collection.toLowerCase()];
    return {
      text: version ? `${name}:${version}` : name,
      page: page ? [page, name, ...(version ? [version] : [])] : undefined,
    };
  }
  const output = OUTPUT.exec(address);
  if (output) return { text: `${output[1]} / ${output[2]}`, page: ["jobs", output[1] ?? "", "outputs"] };
  const stored = STORE.exec(address);
  if (stored) {
    const [, store = "", path = ""] = stored;
    return { text: `${store} / ${path}`, page: ["datastores", store], query: `path=${encodeURIComponent(path)}` };
  }
  const short = /^azureml:(?!\/\/)([^:@]+)[:@](.+)$/.exec(address);
  if (short) {
    const [, name = "", version = ""] = short;
    const isLabel = address.includes("@");
    const page = [PAGES[kind] ?? kind, name, ...(isLabel ? [] : [version])];
    return { text: address.slice("azureml:".length), page };
  }
  return { text: address };
}

/** The same as one sees it. */
export function NamedLink({ address, kind, text }: { address: string; kind?: string; text?: string }) {
  const { to } = useWorkspace();
  const named = namedBy(address, kind);
  const said = text ?? (named.text.length > 40 ? `${named.text.slice(0, 26)}…${named.text.slice(-6)}` : named.text);
  if (named.page)
    return (
      <span title={address}>
        <PageLink to={to(...named.page) + (named.query ? `?${named.query}` : "")}>{said}</PageLink>
      </span>
    );
  if (/^https?:\/\//.test(address))
    return (
      <a href={address} target="_blank" rel="noreferrer noopener" style={{ color: "inherit" }}>
        {said}
      </a>
    );
  return (
    <Text font="monospace" size={200} title={address}>
      {said}
    </Text>
  );
}

const LINK = /(https?:\/\/[^\s<>"')]+)/g;

/** A text of somebody's, with its addresses as links. */
export function Written({ text }: { text: string }) {
  return (
    <p style={{ margin: 0, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
      {text.split(LINK).map((piece, index) =>
        index % 2 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change places
          <a key={index} href={piece} target="_blank" rel="noreferrer noopener" style={{ color: "inherit" }}>
            {piece}
          </a>
        ) : (
          piece
        ),
      )}
    </p>
  );
}
