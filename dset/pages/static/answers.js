import { begin } from "./shell.js";

begin((dataset, main) => {});
