/** Where a page could not be shown: never a blank screen. */

import { Button } from "@mantine/core";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { problemOf } from "@/client/problem";
import { t } from "@/texts";
import { Empty, ErrorState } from "@/ui/states";

export function Broken({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  const problem = problemOf(error);
  if (problem.code !== "unknown") return <ErrorState error={problem} retry={again} />;
  return (
    <Empty title={t.error.page} act={<Button onClick={() => location.reload()}>{t.error.reload}</Button>}>
      {t.error.pageDetail} <span className="mono dimmer">{problem.detail.slice(0, 200)}</span>
    </Empty>
  );
}
