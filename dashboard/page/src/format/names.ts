// Names as people write them: countries and languages by the browser's locale, channels by their own spelling.

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

/** Channels whose names are not just a capital letter and small ones. */
const CHANNELS: Readonly<Record<string, string>> = {
  android: "Android", api: "API", chatgpt: "ChatGPT", email: "E-mail", "e-mail": "E-mail", facebook: "Facebook", imessage: "iMessage", ios: "iOS",
  line: "LINE", linkedin: "LinkedIn", rcs: "RCS", sms: "SMS", tiktok: "TikTok", viber: "Viber", wechat: "WeChat", whatsapp: "WhatsApp", youtube: "YouTube",
};

/** A channel as people write it. */
export function channel(name: string): string {
  return Object.hasOwn(CHANNELS, name) ? (CHANNELS[name] ?? name) : capitalised(name);
}

/** A value of a breakdown as people write it. */
export function capitalised(name: string): string {
  return visible(name === "" ? name : name.charAt(0).toLocaleUpperCase() + name.slice(1));
}
