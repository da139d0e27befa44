// Saves a card as PNG. The drawing code is loaded on first use.

const SCALE = 2;

function save(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name}.png`;
  link.click();
}

export async function savePicture(from: EventTarget | null, name: string): Promise<void> {
  const card = (from as Element | null)?.closest<HTMLElement>(".card");
  if (!card) return;
  const { toPng } = await import("html-to-image");
  const backgroundColor = getComputedStyle(document.documentElement).getPropertyValue("--surface").trim();
  const filter = (node: Node) => !(node instanceof Element && node.matches(".files, .quiet, .sr"));
  save(await toPng(card, { pixelRatio: SCALE, backgroundColor, filter, skipFonts: true }), name);
}
