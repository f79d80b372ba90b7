import { expect, test } from "vitest";
import { secondsOf } from "@/pages/compute/computes";

test("a duration is read in every spelling", () => {
  expect(["PT120S", "PT2M", "P1DT2H", "PT1H30M", "", "2 minutes"].map((said) => secondsOf(said))).toEqual([
    120,
    120,
    93_600,
    5_400,
    null,
    null,
  ]);
});
