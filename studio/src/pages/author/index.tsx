/** A new job: a form, and the YAML that it writes. The YAML is the truth; each side changes the other. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useWorkspace } from "@/api/workspace";
import { askedFor } from "@/pages/author/begin";
import { Desk } from "@/pages/author/desk";
import { draftOf } from "@/pages/author/draft";
import { useSchema } from "@/pages/author/names";
import { templates } from "@/pages/author/templates";
import { Asked } from "@/parts/asked";
import { Page } from "@/parts/page";

export default function NewJob() {
  const { t } = useTranslation();
  const workspace = useWorkspace();
  const [query] = useSearchParams();
  const schema = useSchema("job");
  const known = useMemo(() => templates(t), [t]);
  const said = query.toString();
  const begun = useQuery({
    queryKey: [workspace.id, "begun", said],
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    queryFn: async ({ signal }) => ({ asked: await askedFor(workspace, new URLSearchParams(said), known, signal) }),
  });
  const wait = (child: React.ReactNode) => <Page title={t("New job")}>{child}</Page>;
  if (!schema.data) return wait(<Asked of={schema}>{() => null}</Asked>);
  if (!begun.data) return wait(<Asked of={begun}>{() => null}</Asked>);
  const text = begun.data.asked ?? draftOf(workspace.id) ?? known[0]?.yaml ?? "";
  return <Desk key={`${workspace.id}?${said}`} begun={text} schema={schema.data} templates={known} />;
}
