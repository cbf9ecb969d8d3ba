/** Puts the app on the page. */

import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { problemOf } from "@/client/problem";
import { onSession } from "@/client/session";
import { makeRouter } from "@/router";
import { setNavigator } from "@/shell/navigate";
import { listenToKeys } from "@/shell/keys";
import { resolver, theme } from "@/theme/theme";
import "@/theme/tokens.css";
import "@/theme/global.css";
import "@/ui/ui.css";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // What the server refused once it refuses again; what did not reach it may.
      retry: (failures, error) => failures < 2 && [0, 503].includes(problemOf(error).status),
    },
  },
});

const router = makeRouter(queries);
listenToKeys();
setNavigator((href) => router.history.push(href));
onSession((session) => {
  if (session || /^\/(sign-in|setup|invitation)/.test(location.pathname)) return;
  void router.navigate({ to: "/sign-in", search: { next: location.pathname + location.search } });
});

const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";
// What keeps the page from scrolling below a dialog writes a style of its own, and asks here for the nonce.
setNonce(nonce);

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} cssVariablesResolver={resolver} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
