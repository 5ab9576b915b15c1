// Draws the stages of a network: dots with wires, squares for feature maps.
import { BLUE, ORANGE } from "../ui/palette.ts";
import type { Stage } from "./schematic.ts";

const WIDTH = 200;
const HEIGHT = 96;

type Dot = { x: number; y: number };

export function Schematic({ stages }: { stages: Stage[] }) {
  const gap = Math.min(46, (WIDTH - 40) / Math.max(1, stages.length - 1));
  const left = (WIDTH - gap * (stages.length - 1)) / 2;
  const placed = stages.map((stage, index) => {
    const x = left + gap * index;
    return { stage, x, points: pointsOf(stage, x) };
  });
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="oqu-schematic" aria-hidden="true">
      {placed.slice(1).map(({ x, points }, index) => (
        <Wires key={x} from={placed[index]?.points ?? []} to={points} salt={index} />
      ))}
      {placed.map(({ stage, x, points }) => (
        <StageMark key={x} stage={stage} x={x} points={points} />
      ))}
    </svg>
  );
}

function pointsOf(stage: Stage, x: number): Dot[] {
  if (stage.kind === "maps") return [{ x, y: HEIGHT / 2 }];
  const step = 13;
  const top = (HEIGHT - step * (stage.count - 1)) / 2;
  return Array.from({ length: stage.count }, (_, row) => ({ x, y: top + row * step }));
}

function Wires({ from, to, salt }: { from: Dot[]; to: Dot[]; salt: number }) {
  return from.flatMap((a, i) =>
    to.map((b, j) => {
      const weight = Math.sin((i + 1) * 12.9 + (j + 1) * 78.2 + salt * 37.7);
      return (
        <line
          key={`${a.y} ${b.y}`}
          x1={a.x}
          y1={a.y}
          x2={b.x}
          y2={b.y}
          stroke={weight < 0 ? ORANGE : BLUE}
          strokeWidth={0.4 + Math.abs(weight) * 1.1}
          opacity={0.6}
        />
      );
    }),
  );
}

function StageMark({ stage, x, points }: { stage: Stage; x: number; points: Dot[] }) {
  if (stage.kind === "dots") {
    return points.map(({ y }, row) => (
      <circle
        key={y}
        cx={x}
        cy={y}
        r={4.2}
        className={stage.more && row === stage.count - 1 ? "oqu-node oqu-node-more" : "oqu-node"}
      />
    ));
  }
  const side = 36 * stage.size;
  const shift = 4;
  const first = x - side / 2 - (shift * (stage.count - 1)) / 2;
  return Array.from({ length: stage.count }, (_, i) => first + shift * i).map((at, i) => (
    <rect
      key={at}
      x={at}
      y={HEIGHT / 2 - side / 2 + shift * (i - (stage.count - 1) / 2)}
      width={side}
      height={side}
      rx={2}
      className="oqu-map"
    />
  ));
}
