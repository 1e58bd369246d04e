// A Slipway of its own on this machine's engine, and projects to deploy there.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerInfo, NetworkInspectInfo } from 'dockerode';
import type { StatusBody } from '../../src/contract/views.js';
import { BASE_IMAGE, ENGINE, engineMissing, ownedBy, removeAllOf } from './engine.js';
import { Slipway } from './slipway.js';

/** Why the tests of docker are skipped here; undefined when they run. In CI they must. */
export const missing = await engineMissing();
if (missing !== undefined && process.env['CI'] !== undefined) throw new Error(`CI has no engine: ${missing}`);
if (missing !== undefined) process.stdout.write(`The docker tests are skipped: ${missing}\n`);

/** Listens where it is told, everywhere: a container's loopback is its own. */
export const SERVER = `
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(("VERSION " + os.environ["SLIPWAY_RELEASE"]).encode())

print("listening with", os.environ.get("TOKEN", "no token"), flush=True)
HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
`;
export const DOCKERFILE = `FROM ${BASE_IMAGE}\nCOPY . /app\nWORKDIR /app\nEXPOSE 7070\nCMD ["python3", "main.py"]\n`;

export interface Project {
  name: string;
  source: { type: string; path: string };
}

export class DockerStage {
  #projects = 0;

  private constructor(readonly slipway: Slipway) {}

  static async open(env: Record<string, string> = {}): Promise<DockerStage> {
    return new DockerStage(await Slipway.start({ DOCKER_HOST: ENGINE, ...env }));
  }

  async close(): Promise<void> {
    const { hostId } = this.slipway;
    await this.slipway.remove();
    await removeAllOf(hostId);
  }

  /** A project of these files, under a name of its own. */
  project(files: Record<string, string>): Project {
    this.#projects += 1;
    const name = `project-${this.#projects}`;
    const folder = join(this.slipway.sources, name);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return { name, source: { type: 'directory', path: folder } };
  }

  withPage(files: Record<string, string> = {}): Project {
    return this.project({ 'main.py': SERVER, Procfile: 'web: python main.py', ...files });
  }

  async containersOf(service: string): Promise<ContainerInfo[]> {
    const { containers } = await ownedBy(this.slipway.hostId);
    return containers.filter(({ Labels }) => Labels['slipway.service'] === service);
  }

  async networksOf(service: string): Promise<NetworkInspectInfo[]> {
    const { networks } = await ownedBy(this.slipway.hostId);
    return networks.filter(({ Labels }) => Labels?.['slipway.service'] === service);
  }

  /** Their tags. */
  async imagesOf(service: string): Promise<string[]> {
    const { images } = await ownedBy(this.slipway.hostId);
    return images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.includes(`/${service}:`));
  }
}

export const request = ({ source }: Pick<Project, 'source'>, config: object = {}, rest: object = {}): object => ({
  mode: 'docker',
  config: { source, ...config },
  ...rest,
});

export const pageOf = async ({ url }: StatusBody): Promise<string> => (await fetch(url!)).text();
