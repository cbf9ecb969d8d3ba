/** Mantine in the tokens' language: ink instead of a brand colour, no shadows, hairlines, eight sizes of type. */

import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";
import { t } from "@/texts";

const ink: MantineColorsTuple = [
  "var(--raised)",
  "var(--raised)",
  "var(--press)",
  "var(--line)",
  "var(--edge)",
  "var(--text-3)",
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
  "var(--ink)",
];

export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: 7,
  colors: { ink },
  autoContrast: false,
  fontFamily: "var(--font)",
  fontFamilyMonospace: "var(--mono)",
  fontSizes: { xs: "12px", sm: "13px", md: "13px", lg: "14px", xl: "16px" },
  lineHeights: { xs: "1.4", sm: "1.4", md: "1.4", lg: "1.4", xl: "1.15" },
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  radius: { xs: "3px", sm: "5px", md: "5px", lg: "8px", xl: "8px" },
  defaultRadius: "sm",
  shadows: { xs: "none", sm: "none", md: "none", lg: "none", xl: "none" },
  headings: {
    fontFamily: "var(--font)",
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "16px", lineHeight: "1.15" },
      h2: { fontSize: "16px", lineHeight: "1.15" },
      h3: { fontSize: "12px", lineHeight: "16px" },
    },
  },
  focusRing: "auto",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm", variant: "default" } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "ink" } },
    TextInput: { defaultProps: { size: "sm" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    NumberInput: { defaultProps: { size: "sm" } },
    Textarea: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "sm", checkIconPosition: "right" } },
    MultiSelect: { defaultProps: { size: "sm" } },
    Modal: { defaultProps: { overlayProps: { color: "#000", backgroundOpacity: 0.45 }, centered: true, transitionProps: { duration: 0 }, closeButtonProps: { "aria-label": t.shell.close } } },
    Drawer: { defaultProps: { closeButtonProps: { "aria-label": t.shell.close } } },
    Menu: { defaultProps: { transitionProps: { duration: 0 } } },
    // Also for whoever comes by the keyboard: a reason that only the mouse finds is none.
    Tooltip: { defaultProps: { transitionProps: { duration: 0 }, openDelay: 300, events: { hover: true, focus: true, touch: true } } },
  },
});

const shared = {
  "--mantine-color-body": "var(--bg)",
  "--mantine-color-text": "var(--text)",
  "--mantine-color-dimmed": "var(--text-3)",
  "--mantine-color-placeholder": "var(--text-3)",
  "--mantine-color-anchor": "var(--text)",
  "--mantine-color-default": "var(--surface)",
  "--mantine-color-default-hover": "var(--raised)",
  "--mantine-color-default-color": "var(--text)",
  "--mantine-color-default-border": "var(--edge)",
  "--mantine-color-error": "var(--bad)",
  "--mantine-color-disabled": "var(--surface)",
  "--mantine-color-disabled-color": "var(--text-3)",
  "--mantine-color-disabled-border": "var(--line)",
  "--mantine-color-ink-filled": "var(--ink)",
  "--mantine-color-ink-filled-hover": "var(--text-2)",
  "--mantine-color-ink-light": "var(--raised)",
  "--mantine-color-ink-light-hover": "var(--press)",
  "--mantine-color-ink-light-color": "var(--text)",
  "--mantine-color-ink-outline": "var(--edge)",
  "--mantine-color-ink-outline-hover": "var(--raised)",
  "--mantine-color-ink-text": "var(--text)",
  "--mantine-color-ink-contrast": "var(--on-ink)",
  "--mantine-primary-color-contrast": "var(--on-ink)",
  "--mantine-color-white": "var(--on-ink)",
};

export const resolver: CSSVariablesResolver = () => ({
  variables: { "--input-height-sm": "var(--ctl)", "--button-height-sm": "var(--ctl)" },
  light: shared,
  dark: shared,
});
