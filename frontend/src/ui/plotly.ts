// The charts' own chunk: plotly.js with just the traces that probes use.
// Everything that imports this file does so lazily.

import bar from "plotly.js/lib/bar";
import contour from "plotly.js/lib/contour";
import Plotly from "plotly.js/lib/core";
import heatmap from "plotly.js/lib/heatmap";
import histogram from "plotly.js/lib/histogram";
import image from "plotly.js/lib/image";
import scatter3d from "plotly.js/lib/scatter3d";
import surface from "plotly.js/lib/surface";

Plotly.register([contour, heatmap, histogram, image, bar, scatter3d, surface]);

export { Plotly };
