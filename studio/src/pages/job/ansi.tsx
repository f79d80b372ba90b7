/** Text with the colours of a terminal, as elements: nothing in it is ever read as markup. */
import { tokens } from "@fluentui/react-components";
import { type CSSProperties, Fragment } from "react";
import { colorOf, type Look, type Span, spansOf } from "@/pages/job/sgr";

/** The sixteen that a theme chooses, readable on its background. */
const SIXTEEN = [
  tokens.colorNeutralForeground1,
  tokens.colorPaletteRedForeground1,
  tokens.colorPaletteGreenForeground1,
  tokens.colorPaletteMarigoldForeground2,
  tokens.colorPaletteBlueForeground2,
  tokens.colorPaletteBerryForeground1,
  tokens.colorPaletteTealForeground2,
  tokens.colorNeutralForeground2,
  tokens.colorNeutralForeground3,
  tokens.colorPaletteRedForeground3,
  tokens.colorPaletteGreenForeground2,
  tokens.colorPaletteYellowForeground2,
  tokens.colorPaletteRoyalBlueForeground2,
  tokens.colorPaletteMagentaForeground2,
  tokens.colorPaletteLightTealForeground2,
  tokens.colorNeutralForeground1,
];

const drawn = (color: number | string | undefined) =>
  typeof color === "number" ? (SIXTEEN[color] ?? colorOf(color)) : color;

export function styleOf(look: Look): CSSProperties | undefined {
  let color = drawn(look.color);
  let background = drawn(look.background);
  if (look.isReversed)
    [color, background] = [background ?? tokens.colorNeutralBackground1, color ?? tokens.colorNeutralForeground1];
  const style: CSSProperties = {};
  if (color) style.color = color;
  if (background) style.backgroundColor = background;
  if (look.isBold) style.fontWeight = tokens.fontWeightSemibold;
  if (look.isFaint) style.opacity = 0.7;
  if (look.isItalic) style.fontStyle = "italic";
  if (look.isUnderlined) style.textDecorationLine = "underline";
  return Object.keys(style).length ? style : undefined;
}

/** The spans of a line; what matches `marks` is marked. */
export function Spans({ spans, marks }: { spans: Span[]; marks?: RegExp | null }) {
  return spans.map((span, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one line never change places
    <span key={index} style={styleOf(span.look)}>
      {marks ? <Marked text={span.text} marks={marks} /> : span.text}
    </span>
  ));
}

const MARK = {
  backgroundColor: tokens.colorPaletteMarigoldBackground3,
  color: tokens.colorNeutralForegroundStaticInverted,
};

function Marked({ text, marks }: { text: string; marks: RegExp }) {
  const pieces: (string | { found: string; at: number })[] = [];
  let place = 0;
  for (const found of text.matchAll(marks)) {
    if (!found[0]) continue;
    pieces.push(text.slice(place, found.index), { found: found[0], at: found.index });
    place = found.index + found[0].length;
  }
  if (!place) return text;
  return [...pieces, text.slice(place)].map((piece) =>
    typeof piece === "string" ? (
      piece
    ) : (
      <mark key={piece.at} style={MARK}>
        {piece.found}
      </mark>
    ),
  );
}

/** A whole text, line by line. */
export function Ansi({ text }: { text: string }) {
  const lines: Span[][] = [];
  let look: Look = {};
  for (const line of text.split("\n")) {
    const { spans, after } = spansOf(line, look);
    lines.push(spans);
    look = after;
  }
  return lines.map((spans, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines of one text never change places
    <Fragment key={index}>
      <Spans spans={spans} />
      {"\n"}
    </Fragment>
  ));
}
