/** Line icons of the rail, drawn on a grid of 20. */

import type { ReactNode } from "react";

const icon = (path: ReactNode) => (
  <svg viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" strokeLinecap="round" aria-hidden="true">
    {path}
  </svg>
);

export const icons = {
  floor: icon(<path d="M2.5 4h6.5v5H2.5zM11 4h6.5v5H11zM2.5 12h6.5v5H2.5zM11 12h6.5v5H11z" />),
  fleet: icon(<><rect x="6" y="6" width="8" height="8" /><path d="M8 3v3M12 3v3M8 14v3M12 14v3M3 8h3M3 12h3M14 8h3M14 12h3" /></>),
  books: icon(<path d="M10 5.500C8.500 4.300 6 3.700 2.500 4v11.500c3.500-.3 6 .3 7.500 1.500 1.500-1.200 4-1.800 7.500-1.500V4C14 3.700 11.500 4.300 10 5.500zM10 5.500V17" />),
  people: icon(<><circle cx="7.5" cy="7" r="3" /><path d="M2 16.5c.5-3 2.700-4.500 5.500-4.500s5 1.500 5.500 4.500M13 4.500a3 3 0 0 1 0 5.500M15 12.500c1.700.6 2.700 2 3 4" /></>),
  audit: icon(<><path d="M4 3h9l3 3v11H4zM7 9h6M7 12h6M7 6h3" /></>),
  jobs: icon(<><circle cx="10" cy="10" r="7" /><path d="M10 6v4l3 2" /></>),
  mails: icon(<><path d="M2.500 4.500h15v11h-15z" /><path d="m3 5 7 6 7-6" /></>),
  settings: icon(<><path d="M3 6h8M15 6h2M3 14h2M9 14h8" /><circle cx="13" cy="6" r="2" /><circle cx="7" cy="14" r="2" /></>),
  security: icon(<path d="M10 2.500 16.500 5v4.500c0 4-2.700 6.700-6.500 8-3.800-1.300-6.500-4-6.500-8V5z" />),
  find: icon(<><circle cx="8.500" cy="8.500" r="5" /><path d="m12.500 12.500 4.500 4.500" /></>),
  fold: <svg viewBox="0 0 16 16" width="12" height="12" fill="none" stroke="currentColor" strokeWidth="1.6" aria-hidden="true"><path d="m3 6 5 5 5-5" /></svg>,
  sun: icon(<><circle cx="10" cy="10" r="3.500" /><path d="M10 2v2M10 16v2M2 10h2M16 10h2M4.300 4.300l1.400 1.400M14.300 14.300l1.400 1.400M4.300 15.700l1.400-1.400M14.300 5.700l1.400-1.400" /></>),
  moon: icon(<path d="M16 12a6.500 6.500 0 0 1-8-8 6.500 6.500 0 1 0 8 8z" />),
};
