/**
 * The library of certificates, @peculiar/x509, and before it what it needs. Everybody imports it from here: from two places a
 * bundler once put the two packages into a chunk of their own, in the wrong order.
 */
import "./reflect.ts";

export * from "@peculiar/x509";
