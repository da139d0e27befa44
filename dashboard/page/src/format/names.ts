// Names of countries and languages as the browser's locale has them; what is unknown says so.

import { visible } from "./visible";

export const UNKNOWN = "unknown";

const regions = new Intl.DisplayNames(undefined, { type: "region", fallback: "code" });
const languages = new Intl.DisplayNames(undefined, { type: "language", fallback: "code" });

function named(names: Intl.DisplayNames, code: string): string {
  if (code === UNKNOWN) return "Unknown";
  try {
    return visible(names.of(code) ?? code);
  } catch {
    return visible(code); // the tag has the form that producers gave it, which need not be one that has a name
  }
}

export const country = (code: string): string => named(regions, code);
export const language = (code: string): string => named(languages, code);

/** A value of a breakdown as people write it. */
export function capitalised(name: string): string {
  return visible(name === "" ? name : name.charAt(0).toLocaleUpperCase() + name.slice(1));
}
