/** The build context of an environment: read from a folder, and sent with the Dockerfile as it was written. */
import { expect, test } from "vitest";
import { contextIn, contextOf, filesOf } from "@/pages/environments/context";

const file = (path: string, text = "") => ({ path, file: new File([text], path.split("/").at(-1) ?? path) });

test("a folder brings its Dockerfile, and leaves behind what it says to leave", async () => {
  const chosen = [
    file("docker/Dockerfile", "FROM a"),
    file(".gitignore", "*.log\n"),
    file("x.log"),
    file("run.sh", "x"),
  ];
  const context = await contextIn(contextOf(null), "mine", chosen);
  expect(context).toMatchObject({ dockerfile: "docker/Dockerfile", text: "FROM a", folder: "mine", place: "" });
  expect(context.picked.map(({ path }) => path)).toEqual(["docker/Dockerfile", ".gitignore", "run.sh"]);
});

test("the Dockerfile is sent as it was written, and once", async () => {
  const context = await contextIn(contextOf(null), "mine", [file("Dockerfile", "FROM a"), file("run.sh", "x")]);
  const files = filesOf({ ...context, text: "FROM b" });
  expect(files.map(({ path }) => path)).toEqual(["Dockerfile", "run.sh"]);
  expect(await files[0]?.file.text()).toBe("FROM b");
});

test("a folder without one keeps what was written; another environment's context stays where it lies", async () => {
  const begun = { ...contextOf(null), text: "FROM c" };
  expect((await contextIn(begun, "mine", [file("run.sh")])).text).toBe("FROM c");
  const other = contextOf({ contextUri: "azureml://datastores/a/paths/b", dockerfilePath: "deep/File" });
  expect(other).toMatchObject({ place: "azureml://datastores/a/paths/b", dockerfile: "deep/File" });
  expect((await contextIn(other, "mine", [file("Dockerfile", "FROM d")])).place).toBe("");
});
