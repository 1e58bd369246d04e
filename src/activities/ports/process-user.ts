/** The user as which a process runs, instead of Slipway's own. Only root can set it. */
export interface ProcessUser {
  uid: number;
  gid: number;
  groups: number[];
}
