import {b,a} from "./x"; export class  Foo<T extends object> implements Bar{ private x:number=1; constructor(readonly y:string,public z?:T){ super() }
  async *gen( n:number ):AsyncGenerator<number>{ for(let i=0;i<n;i++){ if(i%2==0) continue; else yield await Promise.resolve(i) } }
get value(){return `${this.x} and ${ this.y }`} }
const longCall = someFunction( argumentNumberOne, argumentNumberTwo, { key:"value", other:[1,2,3,4,5,6,7,8,9,10], nested:{ deep:true } }, ( x )=>{ return x*2 } );
type Mapped<K extends string>={ [P in K]?: P extends `a${infer R}` ? R : never }; enum Color{ Red="r",Green="g" } switch(a){ case 1: case 2: b(); break; default: throw new Error("no") }
