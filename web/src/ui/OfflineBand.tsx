/** A quiet band while there is no connection; everything below it stays usable. */

import { useEffect, useState } from "react";
import { useHealth } from "@/realtime/hooks";
import { t } from "@/texts";
import { Glyph } from "./glyphs";

const PATIENCE = 2500;

export function OfflineBand() {
  const offline = useHealth().state === "offline";
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!offline) return setShown(false);
    const timer = setTimeout(() => setShown(true), PATIENCE);
    return () => clearTimeout(timer);
  }, [offline]);
  if (!shown) return null;
  return (
    <p className="band row" role="status">
      <Glyph state="offline" /> {t.live.band}
    </p>
  );
}
