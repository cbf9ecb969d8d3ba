/** Moving over the floor as it is drawn: zones stand below and beside each other, and their last rows are short. */

export type Box = Pick<DOMRect, "left" | "right" | "top" | "bottom">;

/** The place in `boxes` of the seat above (-1) or below (1) the one at `from`; undefined at the edge. */
export function across(boxes: readonly Box[], from: number, by: -1 | 1): number | undefined {
  const start = boxes[from];
  if (!start) return undefined;
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const [place, box] of boxes.entries()) {
    const away = by > 0 ? box.top - start.bottom : start.top - box.bottom;
    // Half a pixel of rounding aside, what overlaps stands in the same row.
    if (away < -0.5) continue;
    const aside = Math.abs(middle(box) - middle(start));
    // Straight on counts more than near: the seat below in the next zone, not one beside in a shorter row.
    if (away + 2 * aside < least) [best, least] = [place, away + 2 * aside];
  }
  return best;
}

const middle = (box: Box) => (box.left + box.right) / 2;
