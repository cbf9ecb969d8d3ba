/** What the theme gives to every dialog. */

import { Drawer, MantineProvider, Modal } from "@mantine/core";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { t } from "@/texts";
import { theme } from "./theme";

afterEach(cleanup);

it.each([["dialog", Modal], ["drawer", Drawer]] as const)("the cross of a %s is called Close", (_, Dialog) => {
  render(<MantineProvider theme={theme} env="test"><Dialog opened onClose={() => undefined} title="Seat 1">Rename it</Dialog></MantineProvider>);
  expect(screen.getByRole("button", { name: t.shell.close })).toBeDefined();
});
