// Display names: countries and languages in the browser's locale, channels in their own spelling.

import { visible } from "./visible";

export const UNKNOWN = "unknown";

const regions = new Intl.DisplayNames(undefined, { type: "region", fallback: "code" });
const languages = new Intl.DisplayNames(undefined, { type: "language", fallback: "code" });

function named(names: Intl.DisplayNames, code: string): string {
  if (code === UNKNOWN) return "Unknown";
  try {
    return visible(names.of(code) ?? code);
  } catch {
    return visible(code); // Producers may send any tag; not every tag has a name.
  }
}

export const country = (code: string): string => named(regions, code);
export const language = (code: string): string => named(languages, code);

/** Channels with a spelling other than one capital letter. */
const CHANNELS: Readonly<Record<string, string>> = {
  android: "Android", api: "API", chatgpt: "ChatGPT", email: "E-mail", "e-mail": "E-mail", facebook: "Facebook", imessage: "iMessage", ios: "iOS",
  line: "LINE", linkedin: "LinkedIn", rcs: "RCS", sms: "SMS", tiktok: "TikTok", viber: "Viber", wechat: "WeChat", whatsapp: "WhatsApp", youtube: "YouTube",
};

/** Return the display name of a channel. */
export function channel(name: string): string {
  return Object.hasOwn(CHANNELS, name) ? (CHANNELS[name] ?? name) : capitalised(name);
}

/** Return a value of a breakdown with a capital first letter. */
export function capitalised(name: string): string {
  return visible(name === "" ? name : name.charAt(0).toLocaleUpperCase() + name.slice(1));
}
