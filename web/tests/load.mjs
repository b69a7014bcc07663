// Modules of src as the build sees them.
import { createServer } from "vite";

export async function withModules(act) {
  const server = await createServer({
    appType: "custom",
    server: { middlewareMode: true, ws: false },
    logLevel: "error",
  });
  try {
    return await act((path) => server.ssrLoadModule(path));
  } finally {
    await server.close();
  }
}
