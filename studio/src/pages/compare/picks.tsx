/** Small choices beside charts. */
import { Field, Select } from "@fluentui/react-components";

interface Props {
  label: string;
  value: string;
  options: [value: string, text: string][];
  choose: (value: string) => void;
}

/** One of some, with its label at the left. */
export function Pick({ label, value, options, choose }: Props) {
  return (
    <Field
      label={label}
      orientation="horizontal"
      style={{ gridTemplateColumns: "max-content minmax(120px, 220px)", alignItems: "center" }}
    >
      <Select size="small" value={value} onChange={(_, { value: chosen }) => choose(chosen)}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </Select>
    </Field>
  );
}
