/** Programs that ask an endpoint, ready to run: the real address, a real request, and the key where it is wanted. */

export const LANGUAGES = ["curl", "Python", "C#", "JavaScript"] as const;
export type SnippetLanguage = (typeof LANGUAGES)[number];

export const PLACEHOLDER = "YOUR-KEY";

export interface Ask {
  url: string;
  /** The JSON of the request, as text. */
  body: string;
  key?: string;
  /** The deployment that is to answer; the traffic decides where it is left out. */
  deployment?: string;
}

/** For Monaco. */
export const EDITOR: Record<SnippetLanguage, string> = {
  curl: "shell",
  Python: "python",
  "C#": "csharp",
  JavaScript: "javascript",
};

export function snippet(language: SnippetLanguage, ask: Ask): string {
  const written = { curl, Python: python, "C#": csharp, JavaScript: javascript }[language];
  return written({ ...ask, key: ask.key || PLACEHOLDER });
}

const HEADER = "azureml-model-deployment";

/** A word for a POSIX shell: nothing in it is read by the shell. */
export const quoted = (text: string) => `'${text.replaceAll("'", `'"'"'`)}'`;

function curl({ url, body, key, deployment }: Ask): string {
  const lines = [
    `curl -X POST ${quoted(url)}`,
    `-H ${quoted(`Authorization: Bearer ${key}`)}`,
    "-H 'Content-Type: application/json'",
    ...(deployment ? [`-H ${quoted(`${HEADER}: ${deployment}`)}`] : []),
    `-d ${quoted(body)}`,
  ];
  return lines.join(" \\\n  ");
}

/** JSON is a literal of Python once its three words are others. A text of JSON is one of Python. */
function python({ url, body, key, deployment }: Ask): string {
  const headers = [`    "Authorization": "Bearer " + KEY,`, `    "Content-Type": "application/json",`];
  if (deployment) headers.push(`    "${HEADER}": ${JSON.stringify(deployment)},`);
  return `import json
import urllib.error
import urllib.request

URL = ${JSON.stringify(url)}
KEY = ${JSON.stringify(key)}

data = json.loads(${rawPython(body)})
headers = {
${headers.join("\n")}
}
request = urllib.request.Request(URL, json.dumps(data).encode(), headers)
try:
    with urllib.request.urlopen(request) as answer:
        print(json.load(answer))
except urllib.error.HTTPError as error:
    print(error.code, error.headers.get("ms-azureml-model-error-statuscode", ""))
    print(error.read().decode())
`;
}

/** A text in Python that is read as it stands; one that cannot be told so is escaped. */
function rawPython(body: string): string {
  return body.includes("\\") || body.includes('"""') || body.endsWith('"') ? JSON.stringify(body) : `"""${body}"""`;
}

function javascript({ url, body, key, deployment }: Ask): string {
  const header = deployment ? `\n    "${HEADER}": ${JSON.stringify(deployment)},` : "";
  return `const answer = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: {
    Authorization: ${JSON.stringify(`Bearer ${key}`)},
    "Content-Type": "application/json",${header}
  },
  body: JSON.stringify(${indented(body)}),
});
if (!answer.ok) throw new Error(\`\${answer.status}: \${await answer.text()}\`);
console.log(await answer.json());
`;
}

const indented = (body: string) => body.replaceAll("\n", "\n  ");

function csharp({ url, body, key, deployment }: Ask): string {
  const header = deployment ? `\nclient.DefaultRequestHeaders.Add("${HEADER}", ${JSON.stringify(deployment)});` : "";
  return `using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;

using var client = new HttpClient();
client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ${JSON.stringify(key)});${header}

var body = @"${body.replaceAll('"', '""')}";
using var content = new StringContent(body, Encoding.UTF8, "application/json");
using var answer = await client.PostAsync(${JSON.stringify(url)}, content);

var text = await answer.Content.ReadAsStringAsync();
Console.WriteLine(answer.IsSuccessStatusCode ? text : $"{(int)answer.StatusCode}: {text}");
`;
}
