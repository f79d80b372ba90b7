/** Datastores, as the API tells them and as its pages say them. */
import { useQuery } from "@tanstack/react-query";
import { useWorkspace } from "@/api/workspace";
import { listed, type System } from "@/pages/assets/reads";

export interface Store {
  name: string;
  properties: {
    datastoreType: string;
    description?: string;
    tags?: Record<string, string>;
    isDefault?: boolean;
    credentials?: { credentialsType?: string };
    [fact: string]: unknown;
  };
  systemData?: System;
}

export function useStores() {
  const { id } = useWorkspace();
  return useQuery({
    queryKey: [id, "/datastores", "all"],
    queryFn: ({ signal }) => listed<Store>(`${id}/datastores`, signal),
  });
}

/** The API's words for kinds of stores, their facts and the ways in, as one reads them. */
const WORDS: Record<string, string> = {
  AzureBlob: "Azure Blob Storage",
  AzureDataLakeGen2: "Azure Data Lake Storage Gen2",
  S3: "Amazon S3",
  Gcs: "Google Cloud Storage",
  Local: "Folder of the server's machine",
  AccountKey: "Account key",
  Sas: "SAS token",
  ServicePrincipal: "Service principal",
  AccessKey: "Access key",
  ServiceAccount: "Service account",
  accountName: "Storage account",
  containerName: "Container",
  filesystem: "File system",
  bucketName: "Bucket",
  region: "Region",
  path: "Path",
  protocol: "Protocol",
  endpoint: "Endpoint",
};

export const wordOf = (said: string) => WORDS[said] ?? said;

/** Where a store's files lie, in a line. */
export function placeOf({ properties }: Pick<Store, "properties">): string {
  const said = (...facts: string[]) =>
    facts
      .map((fact) => properties[fact])
      .filter(Boolean)
      .join("/");
  return said("path", "root", "rootPath", "accountName", "bucket", "bucketName", "containerName", "filesystem");
}

/** Whether its files lie in this server, and a page may put some there. */
export const isOurs = ({ properties }: Pick<Store, "properties">) =>
  properties.credentials?.credentialsType === "Sas" && String(properties.endpoint ?? "").endsWith("lazuli.local");
