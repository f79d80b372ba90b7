/** Tables as text for other programs. */

/** A row of cells as CSV. A cell that a spreadsheet would take for a formula is marked as text. */
export function csvLine(cells: (string | number | null | undefined)[]): string {
  return cells.map(cell).join(",");
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value)) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
