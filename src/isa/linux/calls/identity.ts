/** Users and groups: the guest is root and may become anybody. */
import {call} from '../call.ts';
import type {Kernel} from '../kernel.ts';

const user = (kernel: Kernel): number => kernel.current.identity.user;
const group = (kernel: Kernel): number => kernel.current.identity.group;

const setUser = (kernel: Kernel, ...ids: readonly number[]): number => {
  const id = ids.find((one) => one !== -1);
  if (id !== undefined) kernel.current.identity = {...kernel.current.identity, user: id};
  return 0;
};
const setGroup = (kernel: Kernel, ...ids: readonly number[]): number => {
  const id = ids.find((one) => one !== -1);
  if (id !== undefined) kernel.current.identity = {...kernel.current.identity, group: id};
  return 0;
};
const put =
  (id: (kernel: Kernel) => number) =>
  (kernel: Kernel, ...places: readonly number[]): number => {
    for (const at of places) kernel.user.putWords(at, id(kernel));
    return 0;
  };
const THREE = ['pointer', 'pointer', 'pointer'] as const;
const INTS = ['int', 'int', 'int'] as const;

export const IDENTITY_CALLS = [
  call(24, 'getuid', [], user),
  call(47, 'getgid', [], group),
  call(49, 'geteuid', [], user),
  call(50, 'getegid', [], group),
  call(199, 'getuid32', [], user),
  call(200, 'getgid32', [], group),
  call(201, 'geteuid32', [], user),
  call(202, 'getegid32', [], group),
  call(23, 'setuid', ['int'], setUser),
  call(46, 'setgid', ['int'], setGroup),
  call(213, 'setuid32', ['int'], setUser),
  call(214, 'setgid32', ['int'], setGroup),
  call(70, 'setreuid', ['int', 'int'], setUser),
  call(71, 'setregid', ['int', 'int'], setGroup),
  call(203, 'setreuid32', ['int', 'int'], setUser),
  call(204, 'setregid32', ['int', 'int'], setGroup),
  call(164, 'setresuid', INTS, setUser),
  call(170, 'setresgid', INTS, setGroup),
  call(208, 'setresuid32', INTS, setUser),
  call(210, 'setresgid32', INTS, setGroup),
  call(165, 'getresuid', THREE, put(user)),
  call(171, 'getresgid', THREE, put(group)),
  call(209, 'getresuid32', THREE, put(user)),
  call(211, 'getresgid32', THREE, put(group)),
  call(138, 'setfsuid', ['int'], user),
  call(139, 'setfsgid', ['int'], group),
  call(215, 'setfsuid32', ['int'], user),
  call(216, 'setfsgid32', ['int'], group),
  call(80, 'getgroups', [], () => 0),
  call(205, 'getgroups32', [], () => 0),
  call(81, 'setgroups', [], () => 0),
  call(206, 'setgroups32', [], () => 0),
  call(184, 'capget', ['pointer', 'pointer'], (kernel, _header, at) => {
    if (at !== 0) kernel.user.putWords(at, -1, -1, 0, -1, -1, 0);
    return 0;
  }),
  call(185, 'capset', [], () => 0),
];
