/** Going somewhere from code that is no component, such as a found thing in the palette. */

let go: (href: string) => void = () => undefined;

export function setNavigator(navigator: (href: string) => void): void {
  go = navigator;
}

export function navigateTo(href: string): void {
  go(href);
}
