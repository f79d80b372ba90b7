/** What the create page gives to take away: the same settings as an ARM template, as YAML and as commands. */
import { stringify } from "yaml";

export interface Settings {
  subscription: string;
  group: string;
  name: string;
  displayName: string;
  description: string;
  location: string;
  publicNetworkAccess: "Enabled" | "Disabled";
  hbi: boolean;
  tags: [string, string][];
}

/** What is wrong with a workspace's or a group's name; empty where nothing is. */
export function wrongName(name: string, what: "workspace" | "group"): "" | "missing" | "letters" | "long" {
  if (!name) return "missing";
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return "letters";
  return name.length > (what === "workspace" ? 33 : 90) ? "long" : "";
}

/** The body that makes it over REST. */
export function bodyOf(settings: Settings) {
  const { location, displayName, description, hbi, publicNetworkAccess } = settings;
  return {
    location,
    tags: tagsOf(settings),
    properties: {
      ...(displayName && { friendlyName: displayName }),
      ...(description && { description }),
      hbiWorkspace: hbi,
      publicNetworkAccess,
    },
  };
}

/** A workspace's YAML, as `az ml` and `lazuli` read it. */
export function yamlOf(settings: Settings): string {
  const tags = tagsOf(settings);
  return stringify({
    $schema: "https://azuremlschemas.azureedge.net/latest/workspace.schema.json",
    name: settings.name,
    location: settings.location,
    ...(settings.displayName && { display_name: settings.displayName }),
    ...(settings.description && { description: settings.description }),
    ...(settings.hbi && { hbi_workspace: true }),
    ...(settings.publicNetworkAccess === "Disabled" && { public_network_access: "Disabled" }),
    ...(Object.keys(tags).length && { tags }),
  });
}

/** The command that makes the same workspace. */
export function commandOf(settings: Settings): string {
  const words = ["lazuli workspace create", `-n ${quoted(settings.name)}`, `-g ${quoted(settings.group)}`];
  if (settings.location !== "local") words.push(`--location ${quoted(settings.location)}`);
  if (settings.displayName) words.push(`--display-name ${quoted(settings.displayName)}`);
  if (settings.description) words.push(`--description ${quoted(settings.description)}`);
  for (const [name, value] of Object.entries(tagsOf(settings))) words.push(`--tags ${quoted(`${name}=${value}`)}`);
  if (settings.hbi) words.push("--set hbi_workspace=true");
  if (settings.publicNetworkAccess === "Disabled") words.push("--set public_network_access=Disabled");
  return words.join(" \\\n  ");
}

const SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

/** An ARM template that makes the workspace, and in Azure what it needs beside it. */
export function templateOf(settings: Settings) {
  const parameter = (defaultValue: string) => ({ type: "string", defaultValue });
  const beside = (type: string, word: string) => `[resourceId('${type}', variables('${word}'))]`;
  const resource = (type: string, apiVersion: string, word: string, more: object) => ({
    type,
    apiVersion,
    name: `[variables('${word}')]`,
    location: "[parameters('location')]",
    ...more,
  });
  const { properties, tags } = bodyOf(settings);
  const needed = {
    storageAccount: beside("Microsoft.Storage/storageAccounts", "storage"),
    keyVault: beside("Microsoft.KeyVault/vaults", "vault"),
    applicationInsights: beside("Microsoft.Insights/components", "insights"),
  };
  return {
    $schema: SCHEMA,
    contentVersion: "1.0.0.0",
    parameters: { workspaceName: parameter(settings.name), location: parameter(settings.location) },
    variables: {
      unique: "[uniqueString(resourceGroup().id, parameters('workspaceName'))]",
      storage: "[concat('st', variables('unique'))]",
      vault: "[concat('kv-', variables('unique'))]",
      insights: "[concat('appi-', variables('unique'))]",
    },
    resources: [
      resource("Microsoft.Storage/storageAccounts", "2023-05-01", "storage", {
        sku: { name: "Standard_LRS" },
        kind: "StorageV2",
        properties: { minimumTlsVersion: "TLS1_2", allowBlobPublicAccess: false },
      }),
      resource("Microsoft.KeyVault/vaults", "2023-07-01", "vault", {
        properties: {
          tenantId: "[subscription().tenantId]",
          sku: { family: "A", name: "standard" },
          enableRbacAuthorization: true,
        },
      }),
      resource("Microsoft.Insights/components", "2020-02-02", "insights", {
        kind: "web",
        properties: { Application_Type: "web" },
      }),
      {
        type: "Microsoft.MachineLearningServices/workspaces",
        apiVersion: "2024-04-01",
        name: "[parameters('workspaceName')]",
        location: "[parameters('location')]",
        tags,
        identity: { type: "SystemAssigned" },
        dependsOn: Object.values(needed),
        properties: { ...properties, ...needed },
      },
    ],
  };
}

const tagsOf = ({ tags }: Settings) => Object.fromEntries(tags.filter(([name]) => name));

/** A word as a shell takes it for one. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
