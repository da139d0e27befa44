// The world map and its countries; a chosen country shows its places.

import { html, nothing, type TemplateResult } from "lit-html";
import type { Place, WorldModel } from "../charts/world_chart";
import * as names from "../format/names";
import { count } from "../format/numbers";
import { visible } from "../format/visible";
import type { Row } from "../model/types";
import { allUnknown, type Card } from "../view/card";
import { openBehind } from "../view/figures";
import type { Shown } from "../view/shown";
import { bars, onlyUnknown } from "./breakdowns";

const METRIC = "world_map";
const PLACES = "world_map_places";
const COUNTRIES_SHOWN = 9;
const PLACES_SHOWN = 8;

export const world: Card = {
  metric: METRIC,
  size: "whole",
  isEmpty: (shown) => shown.rows(METRIC).length === 0,
  draw: (shown) => html`<div class="world">
    <div class="map">
      <world-chart class="chart" role="img" aria-label=${summary(shown)} .model=${modelOf(shown)}></world-chart>
      <p class="hint attribution">IP geolocation by <a href="https://db-ip.com" rel="noopener noreferrer" target="_blank">DB-IP</a> (CC BY 4.0). Map data: Natural Earth.</p>
    </div>
    <div class="beside-map">${shown.store.state.country ? places(shown, shown.store.state.country) : countries(shown)}</div>
  </div>`,
};

function summary(shown: Shown): string {
  return `World map: conversations from ${shown.rows(METRIC).length} countries. The table beside it shows the same data.`;
}

function countries(shown: Shown): TemplateResult {
  const rows = shown.rows(METRIC);
  const choose = (row: Row) => shown.store.choose({ country: String(row["country_code"]) });
  const nameOf = (row: Row) => names.country(String(row["country_code"]));
  return html`${bars(shown, { metric: METRIC, rows, before: shown.before(METRIC), column: "conversations", nameOf, choose, limit: COUNTRIES_SHOWN })}
    ${onlyUnknown(rows, "country_code") ? allUnknown(shown.metric(METRIC)) : nothing}`;
}

function ofCountry(rows: readonly Row[], country: string): readonly Row[] {
  return rows.filter((row) => row["country_code"] === country);
}

function placeName(row: Row): string {
  const known = [row["city"], row["region"]].filter((name) => name && name !== names.UNKNOWN);
  return known.length ? visible([...new Set(known)].join(", ")) : "Unknown place";
}

function places(shown: Shown, country: string): TemplateResult {
  const rows = ofCountry(shown.rows(PLACES), country);
  return html`<p class="crumb"><button type="button" @click=${() => shown.store.choose({ country: "" })}>All countries</button>
      <strong>${names.country(country)}</strong> ${count(rows.reduce((sum, row) => sum + Number(row["conversations"]), 0))}</p>
    ${bars(shown, { metric: PLACES, rows, before: ofCountry(shown.before(PLACES), country), column: "conversations", nameOf: placeName, limit: PLACES_SHOWN })}`;
}

function modelOf(shown: Shown): WorldModel {
  const { country } = shown.store.state;
  const known = shown.rows(METRIC).filter((row) => row["country_code"] !== names.UNKNOWN);
  const rows = country ? ofCountry(shown.rows(PLACES), country) : shown.rows(PLACES);
  return {
    countries: new Map(known.map((row) => [String(row["country_code"]), Number(row["conversations"])])),
    places: rows.filter((row) => row["latitude"] !== null && row["longitude"] !== null).map((row) => place(shown, row)),
    country,
    choose: (code) => shown.store.choose({ country: code }),
    colours: shown.colours,
  };
}

function place(shown: Shown, row: Row): Place {
  const column = shown.column(PLACES, "conversations");
  return {
    name: `${placeName(row)} (${names.country(String(row["country_code"]))})`,
    country: String(row["country_code"]),
    at: [Number(row["longitude"]), Number(row["latitude"])],
    conversations: Number(row["conversations"]),
    open: () => column && openBehind(shown, column, row),
  };
}
