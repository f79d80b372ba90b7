/** Every page and its address. Pages load when they are opened. */
import { type ComponentType, lazy, Suspense } from "react";
import { matchRoutes, Navigate, Route, type RouteObject, Routes, useParams, useSearchParams } from "react-router";
import { workspaceIn } from "@/api/client";
import { WorkspaceProvider, workspaceAt } from "@/api/workspace";
import { Frame } from "@/shell/frame";

/** Addresses below a workspace, and the page that answers there. */
const INSIDE: Record<string, () => Promise<{ default: ComponentType }>> = {
  "": () => import("@/pages/home"),
  new: () => import("@/pages/author"),
  "new/sweep": () => import("@/pages/author/sweep"),
  jobs: () => import("@/pages/jobs"),
  compare: () => import("@/pages/compare"),
  "jobs/:name/:tab?": () => import("@/pages/job"),
  pipelines: () => import("@/pages/pipelines"),
  components: () => import("@/pages/components"),
  "components/:name/:version?/:tab?": () => import("@/pages/components/one"),
  data: () => import("@/pages/data"),
  "data/:name/:version?/:tab?": () => import("@/pages/data/one"),
  environments: () => import("@/pages/environments"),
  "environments/:name/:version?/:tab?": () => import("@/pages/environments/one"),
  models: () => import("@/pages/models"),
  "models/:name/:version?/:tab?": () => import("@/pages/models/one"),
  endpoints: () => import("@/pages/endpoints"),
  "endpoints/new": () => import("@/pages/endpoints/create"),
  "endpoints/online/:name/:tab?": () => import("@/pages/endpoints/online"),
  "endpoints/batch/:name/:tab?": () => import("@/pages/endpoints/batch"),
  compute: () => import("@/pages/compute"),
  "compute/:name/:tab?": () => import("@/pages/compute/one"),
  datastores: () => import("@/pages/datastores"),
  "datastores/:name/:tab?": () => import("@/pages/datastores/one"),
  settings: () => import("@/pages/settings"),
  "*": () => import("@/pages/missing"),
};

const OUTSIDE: typeof INSIDE = {
  workspaces: () => import("@/pages/workspaces"),
  "workspaces/create": () => import("@/pages/workspaces/create"),
  tokens: () => import("@/pages/tokens"),
};

const told = (pages: typeof INSIDE) => Object.entries(pages).map(([path, handle]) => ({ path, handle }));
const KNOWN: RouteObject[] = [{ path: ":subscription/:group/:workspace", children: told(INSIDE) }, ...told(OUTSIDE)];

/** What loads the page at an address, where there is one. */
export function pageAt(address: string): (() => Promise<unknown>) | undefined {
  return matchRoutes(KNOWN, address)?.at(-1)?.route.handle;
}

const SignIn = lazy(() => import("@/shell/signIn"));

const drawn = (pages: typeof INSIDE) =>
  Object.entries(pages).map(([path, load]) => {
    const Element = lazy(load);
    return <Route key={path} path={path} element={<Element />} />;
  });

const inside = drawn(INSIDE);
const outside = drawn(OUTSIDE);

export function Pages() {
  return (
    <Routes>
      <Route
        path="sign-in"
        element={
          <Suspense>
            <SignIn />
          </Suspense>
        }
      />
      <Route path="runs/:name" element={<PortalAddress />} />
      <Route
        path=":subscription/:group/:workspace"
        element={
          <WorkspaceProvider>
            <Frame />
          </WorkspaceProvider>
        }
      >
        {inside}
      </Route>
      <Route element={<Frame />}>
        <Route index element={<Navigate to="/workspaces" replace />} />
        {outside}
      </Route>
    </Routes>
  );
}

/** An address as Azure's portal has it, `runs/NAME?wsid=/subscriptions/…`, leads to the same job here. */
function PortalAddress() {
  const { name = "" } = useParams();
  const [query] = useSearchParams();
  const id = workspaceIn(query.get("wsid") ?? "");
  return <Navigate replace to={id ? workspaceAt(id).to("jobs", name) : "/workspaces"} />;
}
