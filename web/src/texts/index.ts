/** All texts in one catalogue, so that another language is one file. */

import { en } from "./en";

export type Texts = typeof en;

/** The texts of the language in use. */
export const t: Texts = en;
