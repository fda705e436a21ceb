// Entry of the test build of ECC: what the kernels' test build has, and the insides of this folder.
export * from "../../exports";
export * from "../index";
export { SLOT, limbs, modN, modP, selectCurve } from "../curve";
export * from "../field";
export * from "../scalar";
export { p256Multiply, p256Square } from "../p256";
export { p384Multiply, p384Square } from "../p384";
export {
  POINT,
  pointAdd,
  pointAddComplete,
  pointAddPublic,
  pointDouble,
  pointFromBytes,
  pointToBytes,
} from "../point";
export { doubleMultiply, wipeVerify } from "../verify";
export { wipeEcc } from "../key";
