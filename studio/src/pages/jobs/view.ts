/** What the table of jobs shows: which jobs, in which columns and order. It lies in the address, so that a link shows the same. */
import { isFilter, keyWord, quoted } from "@/pages/jobs/filter";
import type { Order } from "@/parts/table";

export type Since = "" | "1h" | "24h" | "7d" | "30d";

export interface View {
  filter: string;
  status: string[];
  type: string[];
  experiment: string[];
  mine: boolean;
  since: Since;
  columns: string[];
  order: Order;
  /** Also jobs that sweeps and pipelines made. */
  children: boolean;
  archived: "" | "true" | "all";
  /** Widths of columns that were changed, in pixels. */
  widths: Record<string, number>;
}

export const COLUMNS = ["displayName", "status", "experiment", "type", "created", "duration", "createdBy", "compute"];
export const START: View = {
  filter: "",
  status: [],
  type: [],
  experiment: [],
  mine: false,
  since: "",
  columns: COLUMNS,
  order: { key: "created", descending: true },
  children: false,
  archived: "",
  widths: {},
};
const LISTS = ["status", "type", "experiment"] as const;
const SPANS: Record<Exclude<Since, "">, number> = { "1h": 1, "24h": 24, "7d": 168, "30d": 720 };
const COMMA = /,(?=(?:[^`"]|`[^`]*`|"[^"]*")*$)/;

/** The view that an address tells; what it does not tell is as it is at the start. */
export function viewOf(address: URLSearchParams): View {
  const [key = "", way] = (address.get("order") ?? "").split(/ (?=asc$|desc$)/);
  const since = address.get("since") ?? "";
  const archived = address.get("archived") ?? "";
  return {
    ...START,
    filter: address.get("filter") ?? "",
    ...Object.fromEntries(LISTS.map((name) => [name, address.getAll(name)])),
    mine: address.get("mine") === "1",
    since: since in SPANS ? (since as Since) : "",
    columns: address.get("columns")?.split(COMMA).filter(Boolean) ?? COLUMNS,
    order: key ? { key, descending: way === "desc" } : START.order,
    children: address.get("children") === "1",
    archived: archived === "true" || archived === "all" ? archived : "",
    widths: Object.fromEntries(
      address.getAll("width").flatMap((said) => {
        const [, name, width] = /^(.+):(\d{2,4})$/.exec(said) ?? [];
        return name ? [[name, Number(width)]] : [];
      }),
    ),
  };
}

/** The address of a view; it tells only what is not as at the start. */
export function addressOf(view: View): URLSearchParams {
  const said = new URLSearchParams();
  if (view.filter) said.set("filter", view.filter);
  for (const name of LISTS) for (const value of view[name]) said.append(name, value);
  if (view.mine) said.set("mine", "1");
  if (view.since) said.set("since", view.since);
  if (view.columns.join() !== COLUMNS.join()) said.set("columns", view.columns.join());
  if (view.order.key !== START.order.key || !view.order.descending) said.set("order", orderWord(view.order));
  if (view.children) said.set("children", "1");
  if (view.archived) said.set("archived", view.archived);
  for (const [name, width] of Object.entries(view.widths)) said.append("width", `${name}:${Math.round(width)}`);
  return said;
}

export const orderWord = ({ key, descending }: Order) => `${key} ${descending ? "desc" : "asc"}`;

/** Whether a column is a metric, parameter or tag, which the server gives only where it is asked for. */
export const isLogged = (column: string) => /^(metrics|params|tags)\./.test(column);

export interface Query {
  filter?: string;
  text?: string;
  orderBy: string;
  columns?: string;
  all?: string;
  archived?: string;
}

/** What the server is asked for a view. The user's own filter stands first, so that a mistake keeps its place. */
export function queryOf(view: View, me: string, now: number): Query {
  const conditions = isFilter(view.filter) ? [view.filter] : [];
  for (const name of LISTS) if (view[name].length) conditions.push(`${name} IN (${view[name].map(quoted).join(", ")})`);
  if (view.mine) conditions.push(`createdBy = ${quoted(me)}`);
  if (view.since) conditions.push(`created > ${now - SPANS[view.since] * 3_600_000}`);
  const logged = view.columns.filter(isLogged);
  return {
    ...(conditions.length && { filter: conditions.join(" AND ") }),
    ...(view.filter.trim() && !isFilter(view.filter) && { text: view.filter.trim() }),
    orderBy: orderWord(view.order),
    ...(logged.length && { columns: logged.join() }),
    ...(view.children && { all: "true" }),
    ...(view.archived && { archived: view.archived }),
  };
}

/** Whether anything narrows the table. */
export function isNarrowed(view: View): boolean {
  return Boolean(view.filter.trim() || LISTS.some((name) => view[name].length) || view.mine || view.since);
}

/** What a logged column is called: its key without kind and quotes. */
export function columnName(column: string): string {
  if (!isLogged(column)) return column;
  const key = column.slice(column.indexOf(".") + 1);
  return /^([`"]).*\1$/.test(key) ? key.slice(1, -1) : key;
}

export { keyWord };
