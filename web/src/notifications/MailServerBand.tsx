/** Whether mail can go out at all, through which server, and what to set if not. */

import { Glyph } from "@/ui/glyphs";
import { useMailServer } from "./data";
import { notifications as t, SETTINGS } from "./texts";
import "./mails.css";

export function MailServerBand() {
  const server = useMailServer();
  if (server.error) return <p className="band mailserver is-offline"><Glyph state="offline" /> <span>{t.server.unknown}</span></p>;
  // Its line is kept while it loads, so that nothing below it moves.
  if (!server.data) return <p className="band mailserver" aria-busy="true">&nbsp;</p>;
  if (server.data.address) {
    return <p className="band mailserver is-ok"><Glyph state="ok" /> <span>{t.server.up(server.data.address, server.data.tls === true, server.data.sender)}</span></p>;
  }
  return (
    <div className="band mailserver is-fault" role="status">
      <Glyph state="fault" />
      <div>
        <p className="strong">{t.server.down}</p>
        {server.data.problem ? <p>{server.data.problem}</p> : null}
        <p>{t.server.how(SETTINGS.url, SETTINGS.from, SETTINGS.example)}</p>
      </div>
    </div>
  );
}
