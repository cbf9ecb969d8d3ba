/** What an act for many devices says before it is done. */

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { BulkActionOut } from "@/api";
import { theme } from "@/theme/theme";
import { BulkPreview } from "./BulkPreview";
import { Pace } from "./Pace";
import { commands as t } from "./texts";

afterEach(cleanup);

it.each([
  [[3, 0, 0, false], "3 at once"],
  [[3, 1, 1, true], "3 in turn, 1 when it returns, 1 refuses"],
  [[0, 2, 2, false], "2 when they return, 2 refuse"],
  [[0, 0, 1, false], "1 refuses"],
  [[0, 0, 0, false], "No device is asked."],
] as const)("counts %j as: %s", ([reach, wait, refuse, staggered], words) => expect(t.preview(reach, wait, refuse, staggered)).toBe(words));

it.each([
  [{ total: 0, online: 0, offline: 0, refusing: 1, names: [], refusals: [{ reason: "It may only be watched.", devices: 1 }] }, 2],
  [{ total: 1, online: 1, offline: 0, refusing: 0, names: ["Seat 1"], refusals: [] }, 2],
])("has no paragraph without words", (seen, paragraphs) => {
  render(
    <MantineProvider theme={theme} env="test">
      <QueryClientProvider client={new QueryClient()}>
        <BulkPreview action="restart" deviceIds={["d"]} seen={seen as unknown as BulkActionOut} onClose={() => undefined} onDone={() => undefined} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  const said = [...screen.getByRole("dialog").querySelectorAll("p")].map((each) => each.textContent);
  expect(said).toHaveLength(paragraphs);
  expect(said).not.toContain("");
});

it("has no sentence of a pace that cannot be", () => {
  const { container } = render(<MantineProvider theme={theme} env="test"><Pace devices={3} interval="" onChange={() => undefined} /></MantineProvider>);
  const said = [...container.querySelectorAll("p")];
  expect(said.map((each) => each.textContent)).not.toContain("");
  expect(container.querySelector("[role=radiogroup]")?.hasAttribute("aria-describedby")).toBe(false);
});
