/** As whom a process runs, instead of as Slipway's own user: only root can order that. */
export interface ProcessUser {
  uid: number;
  gid: number;
  groups: number[];
}
