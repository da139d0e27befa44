// Builds the page into dist/: the bundle, the style sheet, the country shapes, and one index.html that names them.

import { build } from "esbuild";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { licences } from "./steps/licences.mjs";
import { writeWorld } from "./steps/world.mjs";

const DIST = "dist";
const ENTRIES = { app: "src/main.ts", theme: "src/theme.ts", style: "src/styles/page.css" };

async function bundle(world) {
  const result = await build({
    entryPoints: ENTRIES,
    outdir: `${DIST}/assets`,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    define: { WORLD_FILE: JSON.stringify(world), "process.env.NODE_ENV": '"production"' },
    bundle: true,
    splitting: true,
    format: "esm",
    target: ["es2022", "chrome111", "firefox113", "safari16.4"],
    minify: true,
    sourcemap: process.argv.includes("--sourcemap"),
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const outputs = Object.entries(result.metafile.outputs);
  return (entry) => outputs.find(([, output]) => output.entryPoint === entry)[0].replace(`${DIST}/`, "");
}

await rm(DIST, { recursive: true, force: true });
await mkdir(`${DIST}/assets`, { recursive: true });
const fileOf = await bundle(await writeWorld(`${DIST}/assets`));
let html = await readFile("src/index.html", "utf8");
for (const [name, source] of Object.entries(ENTRIES)) html = html.replaceAll(`{{${name}}}`, fileOf(source));
await writeFile(`${DIST}/assets/licences.txt`, await licences());
await writeFile(`${DIST}/index.html`, html);
