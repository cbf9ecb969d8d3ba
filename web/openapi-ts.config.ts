import { defineConfig } from "@hey-api/openapi-ts";

export default defineConfig({
  input: "openapi.json",
  output: { path: "src/api" },
  plugins: [
    { name: "@hey-api/client-fetch", runtimeConfigPath: "./src/client/configure" },
    { name: "@hey-api/typescript", enums: false },
    { name: "@hey-api/sdk" },
    { name: "@tanstack/react-query" },
  ],
});
