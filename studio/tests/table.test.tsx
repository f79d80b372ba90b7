/** The table that draws what one sees: which rows that are, what is asked for while one leaps, what is drawn again. */
import { act, cleanup, fireEvent, render, renderHook, screen, within } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PAGE, pagesFor, REST, useSeen } from "@/pages/jobs/rows";
import { type Column, Table } from "@/parts/table";
import { drawnFor } from "@/parts/window";

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
});

afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("what is drawn holds what is seen, and is no more than it must be", () => {
  for (const first of [0, 3, 57, 4_000, 99_980]) {
    const last = Math.min(first + 19, 99_999);
    const [from, to] = drawnFor(first, last, 100_000);
    expect(from).toBeLessThanOrEqual(first);
    expect(to).toBeGreaterThanOrEqual(last);
    expect(to - from).toBeLessThan(60);
  }
  expect(drawnFor(0, 19, 3)).toEqual([0, 2]);
  expect(drawnFor(0, 19, 0)).toEqual([0, -1]);
});

const QUERY = { filter: "", text: "", orderBy: "", columns: "", all: "", archived: "" } as never;

/** The pages that are asked for, one after another, while rows are seen. */
function asking() {
  vi.useFakeTimers();
  const asked = new Set<number>();
  const { result } = renderHook(() => {
    const found = useSeen(QUERY, 100_000);
    for (const page of pagesFor(found.seen.first, found.seen.last, 100_000)) asked.add(page);
    return found;
  });
  const see = (first: number) => act(() => result.current.onSeen(first, first + 20));
  const rest = (ms: number) => act(() => vi.advanceTimersByTime(ms));
  return { asked, see, rest };
}

test("what lies on the way of leaps is not asked for", () => {
  const { asked, see, rest } = asking();
  for (let leap = 1; leap <= 60; leap += 1) {
    see(leap * 1_500);
    rest(REST / 2);
  }
  expect([...asked]).toEqual([0]);
  rest(REST);
  expect([...asked]).toEqual([0, ...pagesFor(90_000, 90_020, 100_000)]);
});

test("who scrolls on need not rest", () => {
  const { asked, see } = asking();
  for (let first = 0; first <= 2_000; first += 10) see(first);
  expect([...asked]).toEqual(Array.from({ length: Math.floor((2_020 + PAGE / 2) / PAGE) + 1 }, (_, page) => page));
});

test("who leaps and then scrolls on need not rest either", () => {
  const { asked, see, rest } = asking();
  for (let row = 50_000; row < 50_100; row += 10) {
    see(row);
    rest(REST / 5);
  }
  expect([...asked]).toEqual([0, ...pagesFor(50_000, 50_110, 100_000)]);
});

test("who leaps and comes back asks for nothing", () => {
  const { asked, see, rest } = asking();
  see(50_000);
  see(10);
  rest(10 * REST);
  expect([...asked]).toEqual([0]);
});

interface Thing {
  name: string;
}

const drawn = vi.fn();
const COLUMNS: Column<Thing>[] = [
  {
    key: "name",
    title: "Name",
    cell: (row) => {
      drawn(row.name);
      return row.name;
    },
  },
];
const THINGS = Array.from({ length: 1_000 }, (_, index) => ({ name: `thing ${index}` }));

function Things({ open }: { open?: (row: Thing) => void }) {
  const [selected, onSelect] = useState(new Set<string>());
  return (
    <Table
      label="Things"
      columns={COLUMNS}
      rows={THINGS}
      keyOf={(row) => row.name}
      open={open ? (row) => open(row) : undefined}
      selected={selected}
      onSelect={onSelect}
    />
  );
}

/** Scrolls the table by so many rows. */
function scroll(rows: number) {
  const grid = screen.getByRole("grid");
  act(() => {
    grid.scrollTop = rows * 40;
    fireEvent.scroll(grid);
  });
}

test("a row that stays is not drawn again when one scrolls, or chooses another", () => {
  render(<Things />);
  drawn.mockClear();
  scroll(8);
  const again = drawn.mock.calls.map(([name]) => name);
  expect(again.length).toBeGreaterThan(0);
  expect(new Set(again).size).toBe(again.length);
  expect(again).not.toContain("thing 10");
  drawn.mockClear();
  const row = (name: string) => screen.getByText(name).closest("[role=row]") as HTMLElement;
  fireEvent.click(within(row("thing 12")).getByRole("checkbox"));
  expect(drawn.mock.calls).toEqual([["thing 12"]]);
  fireEvent.click(within(row("thing 14")).getByRole("checkbox"));
  const rows = screen.getAllByRole("row", { selected: true });
  expect(rows.map((row) => row.textContent)).toEqual(["thing 12", "thing 14"]);
});

test("rows come into sight and leave it, and the last can be reached by the keyboard", () => {
  const open = vi.fn();
  render(<Things open={open} />);
  expect(screen.queryByText("thing 500")).toBeNull();
  scroll(500);
  expect(screen.queryByText("thing 500")).not.toBeNull();
  expect(screen.queryByText("thing 0")).toBeNull();
  const row = (name: string) => screen.getByText(name).closest("[role=row]") as HTMLElement;
  row("thing 500").focus();
  fireEvent.keyDown(row("thing 500"), { key: "End" });
  expect(document.activeElement).toBe(row("thing 999"));
  fireEvent.keyDown(row("thing 999"), { key: "Enter" });
  expect(open).toHaveBeenCalledWith(THINGS[999]);
});
