// Collects the licences of all bundled packages into one text.

import { readFile, readdir } from "node:fs/promises";

const BUNDLED = ["echarts", "zrender", "lit-html", "html-to-image", "topojson-client", "world-atlas", "tslib"];

async function licenceOf(name) {
  const folder = `node_modules/${name}`;
  const { version } = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|notice|copyright)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(`${folder}/${file}`, "utf8").catch(() => "")));
  return [`${name} ${version}`, ...texts].join("\n\n");
}

export async function licences() {
  const parts = await Promise.all(BUNDLED.map(licenceOf));
  return parts.join(`\n\n${"=".repeat(80)}\n\n`);
}
