/** The venue in the shell. */

import { useQueryClient } from "@tanstack/react-query";
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { useEffect } from "react";
import { permitsSomewhere, useMe } from "@/client/me";
import { addFinder } from "@/shell/finders";
import type { Module } from "@/shell/module";
import { icons } from "@/ui/icons";
import type { BooksSearch } from "./books/BooksPage";
import type { FloorSearch } from "./floor/FloorPage";
import { venue as t } from "./texts";

function Finder() {
  const queries = useQueryClient();
  const sees = permitsSomewhere(useMe(), "venue.station.view");
  useEffect(() => {
    if (!sees) return;
    // Loaded when somebody looks: it is no part of another page's first load.
    return addFinder(async (typed) => (await import("./floor/find")).findSeats(queries, typed));
  }, [queries, sees]);
  return null;
}

export const venue: Module = {
  nav: [
    { label: t.short, to: "/floor", keywords: t.keywords.floor, icon: icons.floor, permissions: ["venue.station.view"], phone: true },
    { label: t.books, to: "/books", keywords: t.keywords.books, icon: icons.books, permissions: ["venue.ledger.view"] },
  ],
  acts: [
    { label: t.addSeats, to: "/floor", ask: "seats", keys: "n", keywords: t.keywords.addSeats, permission: "venue.station.arrange" },
    { label: t.pricesTitle, to: "/floor", ask: "prices", keys: "p", keywords: t.keywords.prices, permission: "venue.price.edit" },
  ],
  routes: (parent) => [
    createRoute({
      getParentRoute: () => parent,
      path: "/floor",
      component: lazyRouteComponent(() => import("./floor/FloorPage"), "FloorPage"),
      validateSearch: (search: Record<string, unknown>): FloorSearch => ({
        state: Array.isArray(search.state) && search.state.length > 0 ? (search.state as FloorSearch["state"]) : undefined,
        seat: typeof search.seat === "string" ? search.seat : undefined,
        order: search.order === "soonest" ? "soonest" : undefined,
        ask: search.ask === "seats" || search.ask === "prices" ? search.ask : undefined,
      }),
    }),
    createRoute({
      getParentRoute: () => parent,
      path: "/books",
      component: lazyRouteComponent(() => import("./books/BooksPage"), "BooksPage"),
      validateSearch: (search: Record<string, unknown>): BooksSearch => ({
        entry: typeof search.entry === "string" ? search.entry : undefined,
        account: typeof search.account === "string" ? search.account : undefined,
        session: typeof search.session === "string" ? search.session : undefined,
      }),
    }),
  ],
  Always: Finder,
};
