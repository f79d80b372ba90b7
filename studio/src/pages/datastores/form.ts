/** What a datastore of each kind is made of, and the document that says it. */

export const KINDS = ["AzureBlob", "AzureDataLakeGen2", "S3", "Gcs", "Local"] as const;
export type KindOfStore = (typeof KINDS)[number];

export interface StoreField {
  key: string;
  title: string;
  isSecret?: boolean;
  isOptional?: boolean;
}

const ENDPOINT: StoreField = { key: "endpoint", title: "Endpoint", isOptional: true };

export const FIELDS: Record<KindOfStore, StoreField[]> = {
  AzureBlob: [{ key: "accountName", title: "Storage account" }, { key: "containerName", title: "Container" }, ENDPOINT],
  AzureDataLakeGen2: [
    { key: "accountName", title: "Storage account" },
    { key: "filesystem", title: "File system" },
    ENDPOINT,
  ],
  S3: [{ key: "bucketName", title: "Bucket" }, { key: "region", title: "Region", isOptional: true }, ENDPOINT],
  Gcs: [{ key: "bucketName", title: "Bucket" }, ENDPOINT],
  Local: [{ key: "path", title: "Folder of the server's machine" }],
};

const AZURE: Record<string, StoreField[]> = {
  AccountKey: [{ key: "key", title: "Account key", isSecret: true }],
  Sas: [{ key: "sasToken", title: "SAS token", isSecret: true }],
  ServicePrincipal: [
    { key: "tenantId", title: "Tenant ID" },
    { key: "clientId", title: "Client ID" },
    { key: "clientSecret", title: "Client secret", isSecret: true },
  ],
};

/** The ways in, by what they are called in the document. */
export const WAYS: Record<KindOfStore, Record<string, StoreField[]>> = {
  AzureBlob: AZURE,
  AzureDataLakeGen2: AZURE,
  S3: {
    AccessKey: [
      { key: "accessKeyId", title: "Access key ID" },
      { key: "secretAccessKey", title: "Secret access key", isSecret: true },
    ],
  },
  Gcs: { ServiceAccount: [{ key: "serviceAccountKey", title: "Key of a service account (JSON)", isSecret: true }] },
  Local: {},
};

export function missingIn(kind: KindOfStore, way: string, said: Record<string, string>): boolean {
  return [...FIELDS[kind], ...(WAYS[kind][way] ?? [])].some(({ key, isOptional }) => !isOptional && !said[key]?.trim());
}

/** Secrets go below `secrets`, where they are sealed; what was typed for another kind stays out. */
export function documentOf(kind: KindOfStore, way: string, said: Record<string, string>, description = "") {
  const given = (fields: StoreField[]) =>
    Object.fromEntries(
      fields.flatMap(({ key }) => {
        const value = said[key]?.trim();
        return value ? [[key, value]] : [];
      }),
    );
  const fields = WAYS[kind][way] ?? [];
  const credentials = fields.length
    ? {
        credentialsType: way,
        ...given(fields.filter(({ isSecret }) => !isSecret)),
        secrets: given(fields.filter(({ isSecret }) => isSecret)),
      }
    : { credentialsType: "None" };
  return { datastoreType: kind, ...(description ? { description } : {}), ...given(FIELDS[kind]), credentials };
}
