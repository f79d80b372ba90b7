/** The folders on the way to what is seen, each a way back. */
import { Breadcrumb, BreadcrumbButton, BreadcrumbDivider, BreadcrumbItem } from "@fluentui/react-components";
import { Fragment, type ReactNode } from "react";
import { crumbsOf } from "@/pages/assets/paths";

interface Props {
  root: string;
  path: string;
  open: (path: string) => void;
  actions?: ReactNode;
}

export function Trail({ root, path, open, actions }: Props) {
  const crumbs = [{ name: root, path: "" }, ...crumbsOf(path)];
  return (
    <div style={{ display: "flex", alignItems: "center", padding: "4px 16px", gap: 8, flexWrap: "wrap" }}>
      <Breadcrumb>
        {crumbs.map((crumb, index) => (
          <Fragment key={crumb.path}>
            {index > 0 && <BreadcrumbDivider />}
            <BreadcrumbItem>
              <BreadcrumbButton
                current={index === crumbs.length - 1}
                title={crumb.name}
                onClick={() => open(crumb.path)}
              >
                {crumb.name.length > 28 ? `${crumb.name.slice(0, 16)}…${crumb.name.slice(-8)}` : crumb.name}
              </BreadcrumbButton>
            </BreadcrumbItem>
          </Fragment>
        ))}
      </Breadcrumb>
      {actions && <div style={{ marginLeft: "auto", display: "flex", gap: 8 }}>{actions}</div>}
    </div>
  );
}
