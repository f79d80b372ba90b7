/** How a data asset is consumed, as text to copy. */

export interface Consumed {
  name: string;
  version: string;
  type: string;
}

export function snippetsOf({ name, version, type }: Consumed): { title: string; language: string; text: string }[] {
  const reference = `azureml:${name}:${version}`;
  return [
    {
      title: "YAML",
      language: "yaml",
      text: `inputs:\n  data:\n    type: ${type}\n    path: ${reference}\n    mode: ro_mount\n`,
    },
    {
      title: "Python (azure-ai-ml)",
      language: "python",
      text: `from azure.ai.ml import Input\n\ndata = ml_client.data.get("${name}", version="${version}")\njob = command(..., inputs={"data": Input(type="${type}", path=data.id)})\n`,
    },
    { title: "CLI", language: "shell", text: `lazuli data show -n ${name} -v ${version}\n` },
    {
      title: "Python (pandas)",
      language: "python",
      text: readOf(type),
    },
  ];
}

/** How a job's script reads what it was given as `--data`. */
function readOf(type: string): string {
  const head =
    'import argparse\n\nparser = argparse.ArgumentParser()\nparser.add_argument("--data")\nargs = parser.parse_args()\n\n';
  if (type === "mltable") return `${head}import mltable\n\nframe = mltable.load(args.data).to_pandas_dataframe()\n`;
  if (type === "uri_folder") return `${head}from pathlib import Path\n\nfiles = sorted(Path(args.data).rglob("*"))\n`;
  return `${head}import pandas\n\nframe = pandas.read_csv(args.data)\n`;
}
