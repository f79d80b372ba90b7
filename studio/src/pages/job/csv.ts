/** CSV and its kin, as people and programs write it: quotes, doubled quotes, line breaks within them. */

/** The rows of a text. A last line without an end is a row, unless the text `isCut` there. */
export function rowsOf(text: string, separator = ",", isCut = false): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  let place = text.startsWith("\ufeff") ? 1 : 0;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    cell = "";
  };
  for (; place < text.length; place += 1) {
    const letter = text[place] as string;
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[place + 1] === '"') {
        cell += '"';
        place += 1;
      } else isQuoted = false;
    } else if (letter === '"' && cell === "") isQuoted = true;
    else if (letter === separator) {
      row.push(cell);
      cell = "";
    } else if (letter === "\n") endRow();
    else if (letter !== "\r" || text[place + 1] !== "\n") cell += letter;
  }
  if ((cell !== "" || row.length) && !isCut) endRow();
  return rows;
}

/** The first row as titles, the others below; and which columns hold numbers alone. */
export function tableOf(text: string, separator = ",", isCut = false) {
  const [head = [], ...rows] = rowsOf(text, separator, isCut);
  const areNumbers = head.map((_, at) => rows.length > 0 && rows.every((row) => isNumber(row[at] ?? "")));
  return { head, rows, areNumbers };
}

const isNumber = (cell: string) => cell === "" || cell === "NaN" || Number.isFinite(Number(cell));
