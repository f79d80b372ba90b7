/** Runs over three fields: as a box that one turns, or as the table of what it shows. */
import { makeStyles, ToggleButton, tokens } from "@fluentui/react-components";
import { Table20Regular } from "@fluentui/react-icons";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CloudProps } from "@/pages/compare/cloud";
import type { Field, Value } from "@/pages/compare/fields";
import { ordered } from "@/pages/jobs/experiments";
import { Loading } from "@/parts/asked";
import { number } from "@/parts/said";
import { type Column, type Order, Table } from "@/parts/table";

const Cloud = lazy(() => import("@/pages/compare/cloud"));

const useStyles = makeStyles({
  bar: { display: "flex", justifyContent: "space-between", alignItems: "start", gap: "12px", marginBottom: "8px" },
  toggle: { whiteSpace: "nowrap", flexShrink: 0 },
  table: { height: "460px", display: "flex", border: `1px solid ${tokens.colorNeutralStroke2}` },
});

/** `children` stand before the button that turns it into a table. */
export function InSpace({ children, ...props }: CloudProps & { children: ReactNode }) {
  const styles = useStyles();
  const { t } = useTranslation();
  const [isTable, setTable] = useState(false);
  return (
    <>
      <div className={styles.bar}>
        {children}
        <ToggleButton
          className={styles.toggle}
          size="small"
          icon={<Table20Regular />}
          checked={isTable}
          onClick={() => setTable((was) => !was)}
        >
          {t("As a table")}
        </ToggleButton>
      </div>
      {isTable ? (
        <div className={styles.table}>
          <Points {...props} />
        </div>
      ) : (
        <Suspense fallback={<Loading lines={8} />}>
          <Cloud {...props} />
        </Suspense>
      )}
    </>
  );
}

type Row = { at: number; name: string } & Record<string, Value>;

function Points({ label, x, y, z, color, runs, open }: CloudProps) {
  const { t, i18n } = useTranslation();
  const fields = [...new Map([x, y, z, ...(color ? [color] : [])].map((field) => [field.key, field])).values()];
  const [order, setOrder] = useState<Order>({ key: "at", descending: false });
  const rows = runs.map(({ name }, at): Row => {
    const values = fields.map(({ key, values }): [string, Value] => [key, values[at] ?? null]);
    return { ...Object.fromEntries(values), at, name };
  });
  const shown = (value: Value | undefined) =>
    typeof value === "number" ? number(value, i18n.language) : (value ?? "–");
  const columns: Column<Row>[] = [
    { key: "at", title: t("Name"), width: "minmax(120px, 1fr)", sortable: true, cell: ({ name }) => name },
    ...fields.map(
      ({ key, name, isNumber }: Field): Column<Row> => ({
        key,
        title: name,
        width: "minmax(110px, 1fr)",
        sortable: true,
        ...(isNumber && { align: "end" as const }),
        cell: (row) => shown(row[key]),
      }),
    ),
  ];
  return (
    <Table
      label={label}
      columns={columns}
      rows={ordered(rows, order)}
      keyOf={({ at }) => String(at)}
      rowHeight={32}
      order={order}
      onOrder={setOrder}
      {...(open && { open: ({ at }: Row) => open(at) })}
    />
  );
}
