// The places and their addresses. Each place is its own chunk.
import { lazy, Suspense } from "react";
import { Route, Routes } from "react-router";
import { ErrorBoundary } from "./ui/ErrorBoundary.tsx";
import { Loading } from "./ui/Loading.tsx";
import { NotFound } from "./ui/NotFound.tsx";
import { Shell } from "./ui/Shell.tsx";

const Workbench = lazy(async () => ({ default: (await import("./workbench/Workbench.tsx")).Workbench }));
const Zoo = lazy(async () => ({ default: (await import("./zoo/Zoo.tsx")).Zoo }));
const Runs = lazy(async () => ({ default: (await import("./runs/Runs.tsx")).Runs }));
const Data = lazy(async () => ({ default: (await import("./data/Data.tsx")).Data }));

export function App() {
  return (
    <Shell>
      <ErrorBoundary>
        <Suspense fallback={<Loading />}>
          <Routes>
            <Route path="/" element={<Workbench />} />
            <Route path="/runs/:id/*" element={<Workbench />} />
            <Route path="/runs" element={<Runs />} />
            <Route path="/zoo" element={<Zoo />} />
            <Route path="/data" element={<Data />} />
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </ErrorBoundary>
    </Shell>
  );
}
